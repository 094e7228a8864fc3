"""Sessions at gateways that speak no RADIUS: the portal tells their start, counters and end."""
