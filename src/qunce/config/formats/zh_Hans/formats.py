"""Chinese: thousands apart, as charts have them."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
