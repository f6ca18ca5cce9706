# Plugins go here later.
FROM registry.example/search:6
