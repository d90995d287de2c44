"""The kinds of documents that are no permit."""

from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import Final

from specimens.negatives import chats, foreign_cards, forms, identity_cards, random_layouts, screens, travel_documents
from specimens.negatives.document import Document
from specimens.negatives.printed import manual_pages, name_lists, passes, tickets
from specimens.rendering.fonts import FontLoader


class NegativeKind(StrEnum):
    """Documents that no action may answer as a permit, on either side."""

    TAIWAN_EXIT_PERMIT = "taiwan-exit-permit"
    TAIWAN_PERMIT_BACK = "taiwan-permit-back"
    PASSPORT_CHINA = "passport-china"
    PASSPORT_HONG_KONG = "passport-hong-kong"
    PASSPORT_FOREIGN = "passport-foreign"
    FOREIGN_ID_TD1 = "foreign-id-td1"
    FOREIGN_ID_FRONT = "foreign-id-front"
    FOREIGN_ID_TD2 = "foreign-id-td2"
    MAINLAND_ID_FRONT = "mainland-id-front"
    MAINLAND_ID_BACK = "mainland-id-back"
    TAIWAN_ID = "taiwan-id"
    HONG_KONG_ID = "hong-kong-id"
    DRIVING_LICENCE = "driving-licence"
    BANK_CARD = "bank-card"
    RANDOM_CARD = "random-card"
    BADGE = "badge"
    MEMBERSHIP_CARD = "membership-card"
    FORM_LIST = "form-list"
    FORM_TABLE = "form-table"
    FORM_TWO_COLUMNS = "form-two-columns"
    FORM_RUNNING_TEXT = "form-running-text"
    FORM_HOTEL = "form-hotel"
    FORM_HANDWRITTEN = "form-handwritten"
    FORM_LABELS_ABOVE = "form-labels-above"
    FORM_WITH_PHOTO = "form-with-photo"
    FORM_SPREADSHEET = "form-spreadsheet"
    FORM_RANDOM = "form-random"
    NAME_LIST = "name-list"
    MANUAL_PAGE = "manual-page"
    TICKET_TRAIN = "ticket-train"
    TICKET = "ticket"
    SCREEN_CHAT = "screen-chat"
    SCREEN_APP = "screen-app"
    SCREEN_EMAIL = "screen-email"
    SCREEN_DATA_RECORD = "screen-data-record"


_DRAW: Final[dict[NegativeKind, Callable[[Random, FontLoader], Document]]] = {
    NegativeKind.TAIWAN_EXIT_PERMIT: travel_documents.draw_taiwan_exit_permit,
    NegativeKind.TAIWAN_PERMIT_BACK: travel_documents.draw_taiwan_permit_back,
    NegativeKind.PASSPORT_CHINA: travel_documents.draw_china_passport,
    NegativeKind.PASSPORT_HONG_KONG: travel_documents.draw_hong_kong_passport,
    NegativeKind.PASSPORT_FOREIGN: travel_documents.draw_foreign_passport,
    NegativeKind.FOREIGN_ID_TD1: foreign_cards.draw_td1_card,
    NegativeKind.FOREIGN_ID_FRONT: foreign_cards.draw_foreign_front,
    NegativeKind.FOREIGN_ID_TD2: travel_documents.draw_td2_card,
    NegativeKind.MAINLAND_ID_FRONT: identity_cards.draw_mainland_id_front,
    NegativeKind.MAINLAND_ID_BACK: identity_cards.draw_mainland_id_back,
    NegativeKind.TAIWAN_ID: identity_cards.draw_taiwan_id,
    NegativeKind.HONG_KONG_ID: identity_cards.draw_hong_kong_id,
    NegativeKind.DRIVING_LICENCE: identity_cards.draw_driving_licence,
    NegativeKind.BANK_CARD: identity_cards.draw_bank_card_front,
    NegativeKind.RANDOM_CARD: random_layouts.draw_random_card,
    NegativeKind.BADGE: passes.draw_badge,
    NegativeKind.MEMBERSHIP_CARD: passes.draw_membership_card,
    NegativeKind.FORM_LIST: forms.draw_list,
    NegativeKind.FORM_TABLE: forms.draw_table,
    NegativeKind.FORM_TWO_COLUMNS: forms.draw_two_columns,
    NegativeKind.FORM_RUNNING_TEXT: forms.draw_running_text,
    NegativeKind.FORM_HOTEL: forms.draw_hotel_registration,
    NegativeKind.FORM_HANDWRITTEN: forms.draw_handwritten_form,
    NegativeKind.FORM_LABELS_ABOVE: forms.draw_labels_above,
    NegativeKind.FORM_WITH_PHOTO: forms.draw_form_with_photo,
    NegativeKind.FORM_SPREADSHEET: forms.draw_spreadsheet,
    NegativeKind.FORM_RANDOM: random_layouts.draw_random_page,
    NegativeKind.NAME_LIST: name_lists.draw_name_list,
    NegativeKind.MANUAL_PAGE: manual_pages.draw_manual_page,
    NegativeKind.TICKET_TRAIN: tickets.draw_train_ticket,
    NegativeKind.TICKET: tickets.draw_ticket,
    NegativeKind.SCREEN_CHAT: chats.draw_chat,
    NegativeKind.SCREEN_APP: screens.draw_app_screen,
    NegativeKind.SCREEN_EMAIL: screens.draw_email,
    NegativeKind.SCREEN_DATA_RECORD: screens.draw_data_record,
}


def draw_negative(kind: NegativeKind, random: Random, fonts: FontLoader) -> Document:
    """Draw a document of the kind."""
    return _DRAW[kind](random, fonts)
