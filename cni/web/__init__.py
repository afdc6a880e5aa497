"""The web door: pages for people in a browser.

Each view parses, opens one transaction, calls one operation and answers with a page. `session` says who is asking,
`pages` renders, `forms` reads what was entered, `errors` answers refusals of both doors, `security` sets what every
answer carries. One module for each group of pages; all are listed in `blueprints`.
"""
