// A stage added to a journey map gets the same list of touchpoints as those that were there.
document.addEventListener("formset:added", (event) => {
  django.jQuery(event.target).find(".unfold-admin-autocomplete").djangoCustomSelect2();
});
