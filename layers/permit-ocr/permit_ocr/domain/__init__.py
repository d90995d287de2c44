"""What a permit is and what an answer about it is worth: plain Python that knows no framework, no network and no clock.

answers        what the provider says          permits, sex           the words used everywhere
normalized     the same in one form            valid_date             dates, and what a period means on a day
resident_number, permit_number                 the rules of the numbers and of the terms
checks, card_warnings, verdict                 what agrees, what is suspect, and what to do
judgement      all of it for one answer        results, identity      what is published, and under which id
"""
