"""What permits are and how an answer about one is judged: plain Python without framework, network or clock.

permits                         the vocabulary: kinds, sides, permit types
card/                           what is printed on a card: fields, dates, numbers
checks, card_warnings           whether a card is consistent, and whether the photo is suspect
confidence                      how sure the reader was
verdict                         what to do with a card
judgement, pair                 all of this for one side, and for both sides of a card
events/                         what is published
identity                        the ids of documents, pairs and recognitions
upload_options                  what a sender can specify for an upload
errors                          what can go wrong, and what happens next
"""
