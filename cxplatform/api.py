"""Which address of the API leads to which room."""

from rest_framework.routers import DefaultRouter

router = DefaultRouter()
