"""A gNB that serves moving UEs through narrow beams, and takes orders about beams from a RIC."""
