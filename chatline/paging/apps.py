from django.apps import AppConfig


class PagingConfig(AppConfig):
    name = "chatline.paging"

    def ready(self) -> None:
        from chatline.paging import checks  # noqa: F401  # registers the system checks
