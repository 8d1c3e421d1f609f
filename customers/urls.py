from django.urls import path

from customers.public import confirm_opt_in_page

urlpatterns = [path("c/<str:token>/", confirm_opt_in_page, name="opt-in")]
