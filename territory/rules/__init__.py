"""Pure rules that gateways with and without RADIUS share: credentials, what a plan leaves."""
