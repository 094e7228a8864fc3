"""SNMP: equipment is asked for its counters, beside the ping."""
