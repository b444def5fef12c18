"""Pages of the project library and what stands around a project."""
