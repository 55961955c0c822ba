"""A certificate for HTTPS, made anew for each run."""

import base64
import pathlib
import subprocess


class Certificate:
    """An ECDSA P-256 certificate of `host`, signed by itself, in the forms that the proxies read."""

    def __init__(self, folder, host):
        folder = pathlib.Path(folder)
        self.chain, self.key, self.both = folder / "chain.pem", folder / "key.pem", folder / "both.pem"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
                "-keyout", str(self.key), "-out", str(self.chain),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        self.both.write_text(self.chain.read_text() + self.key.read_text())

    @property
    def secret(self):
        """The Secret `default/certificate`."""
        encoded = [base64.b64encode(file.read_bytes()).decode() for file in (self.chain, self.key)]
        return (
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: certificate\n  namespace: default\n"
            f"type: kubernetes.io/tls\ndata:\n  tls.crt: {encoded[0]}\n  tls.key: {encoded[1]}\n"
        )
