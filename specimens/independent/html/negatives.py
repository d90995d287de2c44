"""The documents that must not be answered as a permit, by name."""

from typing import Final

from specimens.independent.html import forms, identity_documents
from specimens.independent.html.identity_documents import Drawing

NEGATIVES: Final[dict[str, Drawing]] = {
    "passport": identity_documents.passport,
    "typed-list": forms.typed_list,
    "taiwan-travel-permit": identity_documents.taiwan_travel_permit,
    "hotel-form": forms.hotel_form,
    "identity-td1": identity_documents.identity_td1,
    "taiwan-identity": identity_documents.taiwan_identity,
    "handwritten-form": forms.handwritten_form,
    "mainland-identity": identity_documents.mainland_identity,
    "taiwan-permit-back": identity_documents.taiwan_permit_back,
    "application-form": forms.application_form,
    "identity-td2": identity_documents.identity_td2,
    "hong-kong-identity": identity_documents.hong_kong_identity,
    "app-screen": forms.app_screen,
    "driving-licence": identity_documents.driving_licence,
    "running-text": forms.running_text,
    "permanent-residence": identity_documents.permanent_residence,
    "macao-identity": identity_documents.macao_identity,
    "name-list": forms.name_list,
    "membership-card": identity_documents.membership_card,
    "chat-screen": forms.chat_screen,
    "bank-card": identity_documents.bank_card,
    "manual-page": forms.manual_page,
    "ticket": forms.ticket,
}
