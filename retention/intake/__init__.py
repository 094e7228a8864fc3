"""What other makers' gateways tell of their address translation, taken in without a destination.

translation.py is what is kept; framing.py and syslog.py read the carriers, mikrotik.py,
conntrack.py, pf.py and fortigate.py the makers' lines, lines.py chooses among them; ipfix.py and
templates.py read flows: all pure. senders.py knows who may tell, listeners.py has the sockets,
queue.py bounds what waits, writer.py makes it durable, service.py runs it.
"""
