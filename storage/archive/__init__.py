"""Closed issues in files: their history leaves the database, their line in the ledger stays.

What goes: events, notices with their messages, firings of the clock, versions of deadlines,
requests, news for platforms. What stays: the issue, its tasks and supporting units, proof,
look-backs, documents and steps that were issued, so that numbers, links, lists, figures and rights
hold; and an entry in `archived_issue` that proves the rest (`workflow.archived`).

`choosing`: which issues rest. `records`: everything of an issue as a line. `files`: writing and
reading. `acts`: planned by the system's administrator, approved by the chief. `moving` and
`returning`: out of the database and back.
"""
