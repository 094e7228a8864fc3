"""A site's page: what is wrong there and what to do, for whoever looks after it.

reading.py reads one portrait of the site, in a bounded number of queries; diagnosis.py says from it
what is wrong, worst first; curve.py and evidence.py shape the rest; views.py shows it.
"""
