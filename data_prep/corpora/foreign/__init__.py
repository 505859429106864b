"""Manifests as other tools write them, read as they are.

Each module reads one format and yields a `Row` for each clip; `data_prep.manifest.ClipCollector` checks all rows alike,
translates the names of their fields and names all wrong ones at once. Most tools write a table or JSON lines with names
of their own (NeMo, Common Voice, Hugging Face's audiofolder, ASL Citizen): these need no module, only the names in
`data_prep.manifest_columns`. Others have a structure of their own:

- `tables`: CSV and TSV; `data_prep.json_rows` reads JSON.
- `kaldi`: data directories, with a file for each field.
- `lhotse`: cuts, with nested supervisions and recordings.
- `wlasl`: glosses, with nested instances.
- `textgrid`, `elan`: annotations with times, next to the recording; `tiers` chooses those that hold the target.

`sources` finds the manifests in a folder and tells their formats; read it first.
"""
