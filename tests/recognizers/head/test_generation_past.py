"""The past of each frame: where each hand was seen last, and whether it was seen."""

import torch

from recognizers.head.generation_past import past_of


def test_the_past_holds_the_last_place_of_a_hand_that_was_lost() -> None:
    components = torch.tensor([[[[5.0]], [[0.0]], [[0.0]], [[7.0]]]])  # (1, 4, 1, 1)
    past = past_of(components, torch.tensor([[[True], [False], [False], [True]]]))
    assert past.components.flatten().tolist() == [0, 5, 5, 5]
    assert past.present.flatten().tolist() == [False, True, False, False]
    assert past.known.flatten().tolist() == [False, True, True, True]


def test_a_hand_that_was_never_seen_has_no_past() -> None:
    past = past_of(torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, dtype=torch.bool))
    assert not past.known.any()
    assert not past.components.any()
