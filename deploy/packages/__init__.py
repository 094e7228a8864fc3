"""Site packages: what an organisation may order, and what a technician drops on a router.

An offer (`offers/*.yaml`, versioned data) and a site's own facts (`site_sheet`) are rendered by
`bundle` from the templates of the gateway's brand. All but the reading of a site is pure, and the
same facts always give the same octets.
"""
