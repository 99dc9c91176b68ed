// Copyright: (c) 2026, the guestconv authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stands for a program of Windows: appends its command line to the file %RECORD%, and does what the file %ANSWERS% has for
// it. Each line there has a part of a command line, what is printed, and the status to exit with, with tabs in between.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

int main(void) {
    static char line[65536], answer[65536];
    WideCharToMultiByte(CP_UTF8, 0, GetCommandLineW(), -1, line, sizeof line, NULL, NULL);
    FILE *record = fopen(getenv("RECORD"), "ab");
    fprintf(record, "%s\n", line);
    fclose(record);
    FILE *answers = fopen(getenv("ANSWERS"), "rb");
    while (answers && fgets(answer, sizeof answer, answers)) {
        char *output = strchr(answer, '\t');
        char *status = output ? strchr(output + 1, '\t') : NULL;
        if (!status)
            continue;
        *output++ = *status++ = 0;
        if (strstr(line, answer)) {
            if (*output)
                puts(output);
            return atoi(status);
        }
    }
    return 0;
}
