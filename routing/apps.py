from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        from chatline.lines import values
        from routing import phrasing

        values.phrase_reader = phrasing.trouble
