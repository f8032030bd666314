from django.apps import AppConfig


class ChatlineConfig(AppConfig):
    name = "chatline"

    def ready(self) -> None:
        from chatline import checks  # noqa: F401  # registers the system checks, which need the apps loaded
