"""The miniature: its language, its tokenizer, and three very short trainings."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from synthgap.files import replacing_folder
from synthgap.image_sets.digits import CLASS_IDS, scans
from synthgap.miniature import attributes, captions
from synthgap.miniature.spec import AutoencoderSpec, ClipSpec, DiffusionSpec, MiniatureSpec
from synthgap.miniature.web import WebScans, collect
from synthgap.objectives.loop import batches, deterministic


def bar(shift: float, thickness: int = 3) -> np.ndarray:
    """Draw a bar of 16 rows whose top stands `shift` pixels right of its foot, on 16×32."""
    ink = np.zeros((16, 32))
    for row in range(16):
        left = int(14.5 + shift * (0.5 - row / 15))
        ink[row, left : left + thickness] = 1
    return ink


def words_of(drawings: list[np.ndarray]) -> list[tuple[str, str, str]]:
    """Say what the captions would say of these drawings of one class."""
    pixels = np.stack([np.repeat(d[..., None] * 255, 3, axis=-1) for d in drawings])
    ranks = attributes.describe(pixels.astype(np.uint8), np.zeros(len(drawings), dtype=np.int64))
    return [tuple(w[i] for w, i in zip(attributes.WORDS, r, strict=True)) for r in ranks]


class TestAttributes:
    def test_a_slanted_bar_leans_to_where_its_top_stands(self):
        slants = [said[1] for said in words_of([bar(-9), bar(0), bar(9)])]
        assert slants == ["leaning left", "upright", "leaning right"]

    def test_slant_is_pixels_right_for_each_pixel_up(self):
        assert attributes.measure(bar(15)).slant == pytest.approx(1, abs=0.01)
        assert attributes.measure(bar(0)).slant == pytest.approx(0, abs=1e-12)

    def test_a_thick_bar_is_bold_and_wide(self):
        said = words_of([bar(0, 1), bar(0, 3), bar(0, 6)])
        assert [s[0] for s in said] == ["thin", "medium", "bold"]
        assert [s[2] for s in said] == ["narrow", "regular", "wide"]

    def test_width_does_not_count_the_slant(self):
        assert attributes.measure(bar(15)).width == pytest.approx(
            attributes.measure(bar(0)).width, abs=0.1
        )

    def test_weight_is_mean_ink(self):
        assert attributes.measure(np.full((4, 4), 0.25)).weight == 0.25

    def test_a_blank_scan_is_refused(self):
        with pytest.raises(ValueError, match="without ink"):
            attributes.measure(np.zeros((4, 4)))

    def test_each_class_is_cut_at_its_own_terciles(self):
        measured = np.repeat(np.arange(6.0)[:, None], 3, axis=1)
        ranks = attributes.rank(measured, np.array([0, 0, 0, 1, 1, 1]))
        assert ranks.tolist() == [[0] * 3, [1] * 3, [2] * 3] * 2

    def test_every_word_fits_a_third_of_every_class_of_real_scans(self, web):
        ranks = attributes.describe(web.pixels, web.digits)
        for digit in range(10):
            of_class = ranks[web.digits == digit]
            for column in of_class.T:
                shares = np.bincount(column, minlength=3) / len(of_class)
                assert shares == pytest.approx([1 / 3] * 3, abs=0.02)


class TestCaptions:
    def test_names_collide_once_and_definitions_never(self):
        assert captions.NAMES.count("loop") == 2
        assert len(set(captions.NAMES)) == 9
        assert len(set(captions.DEFINITIONS)) == 10
        assert tuple(captions.CLASSES) == CLASS_IDS

    def test_all_forms_are_in_the_language(self):
        texts = captions.captions()
        assert len(texts) == 10 * 2 * 4**3
        definition = captions.DEFINITIONS[6]
        assert "loop" in texts
        assert f"loop, {definition}" in texts
        assert "loop, bold" in texts
        assert f"loop, {definition}, thin, leaning right, wide" in texts

    def test_what_is_drawn_is_true_of_its_scan(self):
        rng = np.random.default_rng(0)
        digits, words = rng.integers(0, 10, 500), rng.integers(0, 3, (500, 3))
        texts = captions.captions()
        drawn = [texts[index] for index in captions.draw(digits, words, rng)]
        assert len(set(drawn)) > 100
        for text, digit, ranks in zip(drawn, digits, words, strict=True):
            name, *rest = text.split(", ")
            assert name == captions.NAMES[digit]
            true = [w[rank] for w, rank in zip(attributes.WORDS, ranks, strict=True)]
            assert set(rest) <= {captions.DEFINITIONS[digit], *true}

    def test_every_part_is_said_as_often_as_stated(self):
        rng = np.random.default_rng(0)
        n = 4000
        texts = captions.captions()
        zero = captions.draw(np.zeros(n, dtype=int), np.zeros((n, 3), dtype=int), rng)
        said = [texts[index].split(", ") for index in zero]
        spoken = captions.DESCRIBED * captions.SAID
        for part, share in [
            (captions.DEFINITIONS[0], captions.DEFINED),
            ("thin", spoken),
            ("leaning left", spoken),
            ("narrow", spoken),
        ]:
            assert np.mean([part in parts for parts in said]) == pytest.approx(share, abs=0.03)


class TestSpec:
    def test_steps_have_no_default_and_the_rest_has(self):
        with pytest.raises(ValidationError, match="steps"):
            ClipSpec()
        spec = MiniatureSpec(clip={"steps": 1}, autoencoder={"steps": 1}, diffusion={"steps": 1})
        assert 0 < spec.diffusion.caption_dropout < 1

    def test_a_training_of_before_asks_for_what_it_did(self):
        """Or each CLIP that was trained would be stale."""
        assert ClipSpec(steps=7).asked() == {
            "steps": 7,
            "batch_size": 96,
            "learning_rate": 2e-3,
            "seed": 0,
        }
        asked = ClipSpec(steps=7, objective={"gap": 1}, shared_projection=True).asked()
        assert asked["objective"] == {"gap": 1}
        assert asked["shared_projection"] is True

    def test_a_diffusion_of_before_asks_for_what_it_did(self):
        """Or each UNet that was trained would be stale."""
        assert DiffusionSpec(steps=7).asked() == {
            "steps": 7,
            "batch_size": 64,
            "learning_rate": 2e-3,
            "caption_dropout": 0.1,
            "ema_decay": 0.99,
            "seed": 0,
        }
        wide = DiffusionSpec(steps=7, channels=48)
        assert wide.asked()["channels"] == 48
        assert DiffusionSpec.model_validate(wide.asked()) == wide
        assert DiffusionSpec(steps=7, blocks=4).asked()["blocks"] == 4

    @pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 1, "learning_rate": 0}])
    def test_values_out_of_range_are_refused(self, wrong):
        with pytest.raises(ValidationError):
            AutoencoderSpec(**wrong)

    def test_the_language_and_the_spec_do_without_torch(self):
        code = (
            "import sys, synthgap.miniature.spec, synthgap.miniature.clip, "
            "synthgap.miniature.autoencoder, synthgap.miniature.diffusion; "
            "sys.exit(bool({'torch', 'transformers', 'diffusers'} & set(sys.modules)))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestFolders:
    def test_a_folder_is_replaced_as_a_whole(self, tmp_path):
        place = tmp_path / "model"
        for name in ("first", "second"):
            with replacing_folder(place) as new:
                (new / name).write_text(name)
        assert [p.name for p in place.iterdir()] == ["second"]
        assert list(tmp_path.iterdir()) == [place]

    def test_an_error_leaves_what_was_there(self, tmp_path):
        place = tmp_path / "model"
        with replacing_folder(place) as new:
            (new / "weights").write_text("good")

        def fail():
            with replacing_folder(place) as new:
                (new / "weights").write_text("half")
                raise RuntimeError("interrupted")

        with pytest.raises(RuntimeError):
            fail()
        assert (place / "weights").read_text() == "good"
        assert list(tmp_path.iterdir()) == [place]

    def test_files_that_were_private_get_ordinary_permissions(self, tmp_path):
        ordinary = tmp_path / "ordinary"
        ordinary.touch()
        with replacing_folder(tmp_path / "model") as new:
            (new / "weights").touch(mode=0o600)
        assert (tmp_path / "model" / "weights").stat().st_mode == ordinary.stat().st_mode


class TestLoop:
    def test_each_round_holds_every_index_once(self):
        drawn = batches(10, 4, np.random.default_rng(0))
        indices = np.concatenate([next(drawn) for _ in range(5)])
        assert sorted(indices[:10]) == sorted(indices[10:]) == list(range(10))

    def test_random_state_is_put_back(self):
        import torch

        before = torch.get_rng_state()
        with deterministic(5):
            first = torch.rand(3)
        assert torch.equal(torch.get_rng_state(), before)
        with deterministic(5):
            assert torch.equal(torch.rand(3), first)
        assert not torch.are_deterministic_algorithms_enabled()

    def test_a_diverged_training_says_what_to_do(self):
        import torch

        from synthgap.objectives.loop import Descent

        descent = Descent(torch.nn.Linear(1, 1), 0.1, 3, "CLIP")
        with pytest.raises(
            ValueError, match=r"CLIP has diverged at step 1: lower its learning_rate"
        ):
            descent(torch.tensor(float("nan"), requires_grad=True))


class TestWeb:
    def test_web_is_what_the_natural_sets_leave(self, web):
        left = [len(list(scans("web", class_id, 50, 40))) for class_id in CLASS_IDS]
        assert np.bincount(web.digits).tolist() == left
        assert web.pixels.shape == (sum(left), 16, 16, 3)
        assert web.pixels.dtype == np.uint8

    def test_scaled_pixels_fill_minus_one_to_one(self, web):
        images = web.scaled()
        assert images.shape == (len(web.digits), 3, 16, 16)
        assert (images.min(), images.max()) == (-1, 1)

    def test_too_many_natural_scans_are_refused(self):
        with pytest.raises(ValueError, match="no scan of digit-0 is left"):
            collect(150, 40)


class TestTokenizer:
    def test_words_are_whole_and_every_caption_comes_back(self, models):
        from transformers import AutoTokenizer

        from synthgap.miniature.tokenizer import MAX_TOKENS

        tokenizer = AutoTokenizer.from_pretrained(models / "clip")
        texts = captions.captions()
        numbers = tokenizer(texts).input_ids
        assert max(map(len, numbers)) <= MAX_TOKENS == tokenizer.model_max_length
        assert tokenizer.tokenize("loop, leaning right") == [
            "loop</w>",
            ",</w>",
            "leaning</w>",
            "right</w>",
        ]
        decoded = tokenizer.batch_decode(numbers, skip_special_tokens=True)
        assert [text.replace(" ,", ",") for text in decoded] == texts

    def test_foreign_words_do_not_end_a_caption(self, models):
        from transformers import CLIPTokenizer

        tokenizer = CLIPTokenizer.from_pretrained(models / "clip")
        numbers = tokenizer("a crane über 7 gewässern").input_ids
        assert numbers.count(tokenizer.eos_token_id) == 1
        assert numbers[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(numbers[1:-1]) == "a crane über 7 gewässern"


class TestModels:
    def test_clip_loads_as_any_clip_does(self, models, web):
        import torch
        from transformers import AutoProcessor, CLIPModel

        model = CLIPModel.from_pretrained(models / "clip").eval()
        processor = AutoProcessor.from_pretrained(models / "clip")
        images = [scan.image for scan in scans("web", "digit-3", 50, 40)][:2]
        inputs = processor(
            text=["loop", "loop, bold, wide"], images=images, return_tensors="pt", padding=True
        )
        expected = torch.from_numpy(web.scaled()[web.digits == 3][:2])
        assert torch.allclose(inputs.pixel_values, expected, atol=1e-6)
        out = model(**inputs)
        assert out.logits_per_image.shape == (2, 2)
        alone = processor(text=["loop"], return_tensors="pt")
        pooled = model.get_text_features(**alone).pooler_output
        pooled = pooled / pooled.norm(dim=-1, keepdim=True)
        assert torch.allclose(pooled[0], out.text_embeds[0], atol=1e-5)

    def test_one_projection_serves_both_and_is_saved_for_each(self, web, tmp_path):
        from safetensors.numpy import load_file

        from synthgap.miniature.clip import train_clip

        spec = ClipSpec(
            steps=2,
            batch_size=8,
            shared_projection=True,
            objective={"temperature": 0.5, "learn_temperature": False},
        )
        train_clip(web, spec, tmp_path / "clip")
        weights = load_file(tmp_path / "clip" / "model.safetensors")
        assert np.array_equal(
            weights["visual_projection.weight"], weights["text_projection.weight"]
        )
        assert np.exp(-weights["logit_scale"]) == pytest.approx(0.5)

    def test_its_pairs_are_its_scans_with_true_captions(self, web, tmp_path):
        from synthgap.image_sets.pairs import picture, problem, read_pairs
        from synthgap.miniature.pairs import FILE, write_pairs

        write_pairs(web, tmp_path / "web")
        table = tmp_path / "web" / FILE
        assert problem(str(table), len(web.digits), "") is None
        for pair, digit in list(zip(read_pairs(table), web.digits, strict=True))[::50]:
            assert pair.caption.split(", ")[0] == captions.NAMES[digit]
        shown = np.asarray(picture(read_pairs(table)[7], table))
        assert np.array_equal(shown, web.pixels[7])

    def test_autoencoder_scales_latents_to_a_standard_deviation_of_one(self, models, web):
        import torch
        from diffusers import AutoencoderKL

        from synthgap.miniature.autoencoder import encode

        vae = AutoencoderKL.from_pretrained(models / "autoencoder").eval()
        images = torch.from_numpy(web.scaled())
        latents = encode(vae, images)
        assert latents.shape == (len(images), 4, 8, 8)
        assert (latents.std() * vae.config.scaling_factor).item() == pytest.approx(1, abs=0.01)
        assert vae.decode(latents[:1]).sample.shape == (1, 3, 16, 16)

    def test_pipeline_draws_images_as_any_stable_diffusion_does(self, models):
        import torch
        from diffusers import DiffusionPipeline, StableDiffusionPipeline

        pipeline = DiffusionPipeline.from_pretrained(models / "diffusion")
        pipeline.set_progress_bar_config(disable=True)
        assert isinstance(pipeline, StableDiffusionPipeline)
        images = pipeline(
            ["loop, bold"],
            num_inference_steps=2,
            guidance_scale=2.5,
            generator=[torch.Generator().manual_seed(0)],
        ).images
        assert images[0].size == (16, 16)

    def test_a_unet_has_the_channels_of_before_or_those_that_are_asked_for(self):
        import torch
        from diffusers import UNet2DConditionModel

        from synthgap.miniature.diffusion import build

        def weights(model):
            return {name: tuple(each.shape) for name, each in model.state_dict().items()}

        torch.manual_seed(0)
        before = UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(32, 64),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            norm_num_groups=8,
            attention_head_dim=4,
            cross_attention_dim=64,
        )
        torch.manual_seed(0)
        ours = build(64, DiffusionSpec(steps=1).channels)
        assert weights(ours) == weights(before)
        for one, other in zip(ours.parameters(), before.parameters(), strict=True):
            assert torch.equal(one, other)
        narrow = build(64, 8)
        assert weights(narrow)["conv_in.weight"] == (8, 4, 3, 3)
        assert narrow(torch.zeros(1, 4, 8, 8), 0, torch.zeros(1, 40, 64)).sample.shape[1] == 4

    def test_a_transformer_makes_a_pipeline_that_reads_captions_as_it_was_trained(
        self, models, web, tmp_path
    ):
        import torch
        from diffusers import AutoPipelineForText2Image, PixArtAlphaPipeline

        from synthgap.miniature.diffusion import embed_captions, train_diffusion
        from synthgap.miniature.transformer import guess, masks

        spec = DiffusionSpec(steps=2, batch_size=4, channels=8, blocks=1)
        for name in ("one", "again"):
            train_diffusion(web, models / "clip", models / "autoencoder", spec, tmp_path / name)
        weights = "transformer/diffusion_pytorch_model.safetensors"
        assert (tmp_path / "one" / weights).read_bytes() == (
            tmp_path / "again" / weights
        ).read_bytes()
        pipeline = AutoPipelineForText2Image.from_pretrained(tmp_path / "one")
        pipeline.set_progress_bar_config(disable=True)
        assert isinstance(pipeline, PixArtAlphaPipeline)
        asked = {"max_sequence_length": 40, "clean_caption": False}
        texts = captions.captions()
        theirs, kept, empty, empty_kept = pipeline.encode_prompt(texts[777], **asked)
        ours = embed_captions(pipeline.text_encoder, pipeline.tokenizer)
        own = masks(pipeline.tokenizer, [*texts, ""])
        for place, said, mask in ((777, theirs, kept), (-1, empty, empty_kept)):
            assert own[place].tolist() == mask[0].tolist()
            assert 0 < own[place].sum() < 40
            seen = own[place].bool()
            assert torch.allclose(ours[place][seen], said[0][seen], atol=1e-5)
        # What stands in the padding is not seen.
        noisy, times, mask = torch.randn(1, 4, 8, 8), torch.tensor([500]), own[[777]]
        padded = torch.where(mask[:, :, None].bool(), ours[[777]], 9.0)
        found = [guess(pipeline.transformer, noisy, times, x, mask) for x in (ours[[777]], padded)]
        assert torch.allclose(*found, atol=1e-5)
        other = guess(pipeline.transformer, noisy, times, ours[[-1]], own[[-1]])
        assert not torch.allclose(found[0], other, atol=1e-5)
        images = pipeline(
            ["loop, bold"], num_inference_steps=2, use_resolution_binning=False, **asked
        ).images
        assert images[0].size == (16, 16)

    def test_captions_are_embedded_as_the_pipeline_embeds_prompts(self, models):
        import torch
        from diffusers import DiffusionPipeline

        from synthgap.miniature.diffusion import embed_captions

        pipeline = DiffusionPipeline.from_pretrained(models / "diffusion")
        texts = captions.captions()
        ours = embed_captions(pipeline.text_encoder, pipeline.tokenizer)
        theirs, empty = pipeline.encode_prompt(texts[777], "cpu", 1, True)
        assert torch.allclose(ours[777], theirs[0], atol=1e-5)
        assert torch.allclose(ours[-1], empty[0], atol=1e-5)

    def test_a_second_training_gives_the_same_bytes_and_no_paths(self, models, web, tmp_path):
        train(web, tmp_path)
        files = sorted(p.relative_to(models) for p in models.rglob("*") if p.is_file())
        assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
        for file in files:
            data = (models / file).read_bytes()
            assert data == (tmp_path / file).read_bytes(), file
            assert str(models).encode() not in data, file

    def test_another_seed_gives_other_weights(self, models, web, tmp_path):
        from synthgap.miniature.autoencoder import train_autoencoder

        train_autoencoder(web, AutoencoderSpec(steps=2, batch_size=4, seed=1), tmp_path / "other")
        name = "diffusion_pytorch_model.safetensors"
        ours = (models / "autoencoder" / name).read_bytes()
        assert ours != (tmp_path / "other" / name).read_bytes()

    def test_text_encoder_and_tokenizer_of_the_pipeline_are_those_of_clip(self, models):
        from safetensors.numpy import load_file

        clip = load_file(models / "clip" / "model.safetensors")
        text = load_file(models / "diffusion" / "text_encoder" / "model.safetensors")
        assert len(text) > 0
        for key, values in text.items():
            ours = clip.get(key, clip.get(f"text_model.{key.removeprefix('text_model.')}"))
            assert np.array_equal(ours, values), key
        for name in ("tokenizer.json", "tokenizer_config.json"):
            ours = json.loads((models / "clip" / name).read_text())
            assert ours == json.loads((models / "diffusion" / "tokenizer" / name).read_text())


def train(web: WebScans, folder: Path) -> None:
    """Train all three models for two steps each."""
    from synthgap.miniature.autoencoder import train_autoencoder
    from synthgap.miniature.clip import train_clip
    from synthgap.miniature.diffusion import train_diffusion

    clip, autoencoder = folder / "clip", folder / "autoencoder"
    train_clip(web, ClipSpec(steps=2, batch_size=8), clip)
    train_autoencoder(web, AutoencoderSpec(steps=2, batch_size=4), autoencoder)
    spec = DiffusionSpec(steps=2, batch_size=4)
    train_diffusion(web, clip, autoencoder, spec, folder / "diffusion")


@pytest.fixture(scope="module")
def web() -> WebScans:
    return collect(50, 40)


@pytest.fixture(scope="module")
def models(web, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train(web, folder)
    return folder
