"""Who may see what: operators, their roles, their sign-ins and the log of what they did.

Used alike by the console, the requisition desk and the demo's first page.
"""
