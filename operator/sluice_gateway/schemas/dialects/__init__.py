"""The forms that a workflow may be written in, as the products that have them spell them.

They only describe: `sluice_gateway.forms` reads bodies, and knows every field in other spellings
as well.
"""
