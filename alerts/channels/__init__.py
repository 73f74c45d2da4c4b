"""Ways to reach people. Each is told a message, and delivers it or raises DeliveryFailed."""
