"""MQTT over paho, which is spoken in this package alone."""
