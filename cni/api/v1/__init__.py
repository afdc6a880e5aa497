"""The resources of version 1. Fields are only ever added; what a field means does not change."""
