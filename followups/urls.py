from django.urls import path

from followups.public_improvements import show_better, show_better_brand

urlpatterns = [
    path("better/", show_better, name="better"),
    path("better/<int:brand>/", show_better_brand, name="better-brand"),
]
