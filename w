{"guest": null, "step": "disks", "detail": "", "percent": 0, "state": "running", "pid": 24697}
