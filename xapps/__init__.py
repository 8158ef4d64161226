"""What runs in a RIC: here the actuator, the only route to the plant."""
