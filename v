{"guest": "guest", "step": "document", "detail": "", "percent": 99, "state": "running", "pid": 24697}
