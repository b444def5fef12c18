"""The project library (重点项目库): records, lists, stages, duties, task forces, imports."""
