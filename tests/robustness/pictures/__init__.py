"""Pictures for the robustness tests, built in code."""
