from synthgap.summary.sweeps import Sweep, sweeps


def test_variants_that_differ_in_guidance_alone_are_a_sweep_by_rising_scale():
    made = [
        ("disamb-7.5", "sd15", "disamb", 7.5),
        ("classname", "sd15", "classname", 7.5),
        ("disamb-1", "sd15", "disamb", 1.0),
        ("own", "folder", None, None),
        ("disamb-2.5", "sd15", "disamb", 2.5),
        ("other", "sdxl", "disamb", 3.0),
    ]
    found = Sweep("sd15", "disamb", ("disamb-1", "disamb-2.5", "disamb-7.5"), (1.0, 2.5, 7.5))
    assert sweeps(made) == [found]
    assert found.name == "sd15, disamb"


def test_two_scales_are_none_and_a_scale_counts_once():
    two = [("a", "sd15", "disamb", 1.0), ("b", "sd15", "disamb", 2.0)]
    assert sweeps(two) == []
    assert sweeps([*two, ("c", "sd15", "disamb", 2.0)]) == []
    (found,) = sweeps([*two, ("c", "sd15", "disamb", 2.0), ("d", "sd15", "disamb", 0.0)])
    assert found.sources == ("d", "a", "b")


def test_images_without_a_recipe_may_be_a_sweep():
    (found,) = sweeps([(f"own{scale}", "folder", None, scale) for scale in (1.0, 2.0, 3.0)])
    assert found.name == "folder"
