"""Full-text search over issues and demands, on both databases, in Chinese.

`terms` cuts texts, `index` keeps them, `catching_up` follows the issues, `finding` finds.
`benchmarks/demands.py` measures why it is done this way.
"""
