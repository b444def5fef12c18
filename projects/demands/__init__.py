"""Demands of enterprises (一企来): received, taken up into the loop, answered, confirmed.

`filing` receives, `deciding` is what the office does, `feedback` what the enterprise says,
`settling` follows the issues, `suggesting` proposes, `recurring` counts. docs/demands.md.
"""
