from limnograph.paths import CONFIG, DASHBOARDS


def test_the_data_folders_are_found_in_a_checkout() -> None:
    assert (CONFIG / "limnograph.example.yaml").is_file()
    assert CONFIG.parent / "dashboards" == DASHBOARDS
