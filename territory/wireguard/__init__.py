"""The base's WireGuard hub: one peer a site, whose inside address names its NAS.

Keys and inside addresses are made here, the hub's configuration is written and its report read;
`supervision.tunnel` carries it out. Pure, but that keys are made by chance.
"""
