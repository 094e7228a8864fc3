"""Alerts without Prometheus: the same rules, told by mail and webhook from supervision itself."""
