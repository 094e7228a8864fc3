"""Simulated access points answer SNMP: BER, an agent, and what an access point has to tell."""
