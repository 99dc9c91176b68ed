{"guest": "guest", "step": "document", "detail": "", "percent": 99, "state": "running", "pid": 14540}
