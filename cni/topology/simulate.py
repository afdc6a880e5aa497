"""What happens to leases when spans, sites or risk groups are cut: who fails, who survives, who can be re-routed."""
