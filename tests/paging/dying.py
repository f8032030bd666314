"""A sender of pages that kills itself once the other system has answered, before that is written down."""

import os
import signal


def main() -> None:
    import django

    django.setup()
    from chatline.paging import caller

    vars(caller)["record"] = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    calling = caller.Caller()
    while calling.step():
        pass


if __name__ == "__main__":
    main()
