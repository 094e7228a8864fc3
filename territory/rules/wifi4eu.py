"""What a site of WiFi4EU is held to: its name, one click, half a day without a page. Pure.

The programme's grant agreements ask for an SSID that is exactly its name, for access without
account or advertising, and for not being asked again within twelve hours; fair sharing wants a rate
for each guest. A site may leave the programme without a change to any page.
"""

from typing import Final

from territory.vocabulary import IdentificationMethod

SSID: Final = "WiFi4EU"
"""The public network's name, to the letter."""
LEAST_SESSION_SECONDS: Final = 12 * 3600
"""Nobody is asked again before."""
ONE_CLICK: Final = (IdentificationMethod.CLICK_THROUGH,)
"""How its guests identify: not at all."""
COLLECTION: Final = "https://collection.wifi4eu.ec.europa.eu"
"""Where the optional snippet comes from; reachable before log-in, if it is used."""
