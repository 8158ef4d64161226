"""The approver: decides by the operator's policy, or asks a person, and signs the decision."""
