"""Not yet."""

urlpatterns: list[object] = []
