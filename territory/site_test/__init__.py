"""Does a site work, and if not, what is to be done? A conformance run that a technician starts.

    reading.py      the database: what portal and RADIUS saw of the site's gateways   (shell)
    network.py      the portal's name and certificate, as the Internet sees them       (shell)
    report.py       what the script of the site's bundle read there, on its own line each
    probes.py       what each operating system asks before it shows a log-in page
    readings.py     all of it as values
    judgement.py    readings -> findings: state, cause, remedy, in French              (pure)

Shells read and judge nothing; the judgement reads nothing. The console, `socle site test` and the
tests share it.
"""
