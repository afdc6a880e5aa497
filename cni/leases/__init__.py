"""Leases: what a member pays to use other members' fibre and racks, on the same terms for everyone.

`pricing` says what a year costs: tariff, metres, term, minimum, one-off charges, fee policy.
`charging` says who owes and earns which penny of a period: billing start, lease years, segments, shares, fees, margin.
Both are pure: values in, values out, no database and no clock. They follow `rules to the penny, charging and sharing`;
where those leave room, a comment that begins with "Reading:" says how they are taken, and why.

Not here: who may ask for a lease (`operations`), which fibres it holds (`assets`), journals and invoices (`ledger`).
Start at `pricing.annual_price`, then `charging.charge_lines`.
"""
