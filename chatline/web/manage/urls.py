from django.urls import path

from chatline.web.manage import history, holds, lists, on_call, people, scripts, sections, start

LISTS = ("numbers", "replies", "resources", "ladder", "hooks", "phrases")

urlpatterns = [
    path("<slug:slug>/", start.line, name="manage-line"),
    path("<slug:slug>/open/", start.opening, name="manage-open"),
    *(
        path(f"<slug:slug>/{section}/", sections.fields, {"section": section}, name=f"manage-{section}")
        for section in ("identity", "hours", "limits")
    ),
    path("<slug:slug>/scripts/", scripts.scripts, name="manage-scripts"),
    path("<slug:slug>/scripts/<str:purpose>/<str:language>/", scripts.script, name="manage-script"),
    path("<slug:slug>/people/", people.people, name="manage-people"),
    path("<slug:slug>/people/give/", people.give, name="manage-give"),
    path("<slug:slug>/people/<uuid:staff_id>/link/", people.link, name="manage-link"),
    path("<slug:slug>/people/<uuid:staff_id>/lost/", people.lost, name="manage-lost"),
    path("<slug:slug>/people/<uuid:staff_id>/take/<slug:role>/", people.take, name="manage-take"),
    path("<slug:slug>/people/<uuid:staff_id>/deactivate/", people.deactivate, name="manage-deactivate"),
    path("<slug:slug>/people/<uuid:staff_id>/activate/", people.activate, name="manage-activate"),
    path("<slug:slug>/on-call/", on_call.on_call, name="manage-on-call"),
    path("<slug:slug>/holds/", holds.all_holds, name="manage-holds"),
    path("<slug:slug>/phrases/try/", lists.try_phrases, name="manage-try-phrases"),
    path("<slug:slug>/changes/", history.history, name="manage-history"),
    path("<slug:slug>/changes/<int:change_id>/", history.undo, name="manage-undo"),
    *(
        path(f"<slug:slug>/{section}/", lists.items, {"section": section}, name=f"manage-{section}")
        for section in LISTS
    ),
    *(
        path(
            f"<slug:slug>/{section}/<int:place>/",
            lists.item,
            {"section": section},
            name=f"manage-{section}-item",
        )
        for section in LISTS
    ),
]
