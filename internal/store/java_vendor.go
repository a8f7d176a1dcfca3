package store

import (
	"slices"

	"qulyp/internal/cert"
)

// runtimeRoots are the roots that builds of OpenJDK brought in their keystores and that are in no public programme for web sites known here: they ended long
// ago, or vouch for signed programs alone. The names beside them are those of their entries, less the « [jdk]» at the end. Those of the public programme, and
// those that have left it, are known to catalog.
//
// An entry's name proves nothing: whoever adds a certificate chooses it. So what a runtime brought is told by the certificate itself.
//
// Source: test/jdk/sun/security/lib/cacerts/VerifyCACerts.java of openjdk/jdk (2019), openjdk/jdk13u-dev (2020) and openjdk/jdk11u (2026).
var runtimeRoots = []string{
	"0c258a12a5674aef25f28ba7dcfaeceea348e541e6f5cc4ee63b71b361606ac3", // camerfirmachamberscommerceca
	"1aa0c2709e831bd6e3b5129a00ba41f7eeef020872f1e6504bf0f6c3f24f3af3", // emsignrootcag2
	"26c56ad2208d1e9b152f66853bf4797cbeb7552c1f3f477251e8cb1ae7e797bf", // digicertcseccrootg5
	"3a43e220fe7f3ea9653d1e21742eac2b75c20fd8980305bc502caf8c2d9b41a1", // verisignclass2g2ca
	"3b222e566711e992300dc0b15ab9473dafdef8c84d0cef7d3317b4c1821d1436", // swisssignplatinumg2ca
	"3f9f27d583204b9e09c8a3d2066c4b57d3a2479c3693650880505698105dbce9", // thawtepremiumserverca
	"4210f199499a9ac33c8de02ba6dbaa14408bdd8a6e324689c1922d069715a332", // keynectisrootca
	"6fff78e400a70c11011cd85977c459fb5af96a3df0540820d0f4b8607875e58f", // utnuserfirstobjectca
	"7353b6d6c2d6da4247773f3f07d075decb5134212bead0928ef1f46115260941", // digicertcsrsarootg5
	"7e76260ae69a55d3f060b0fd18b2a8c01443c87b60791030c9fa0b0585101a38", // sectigocodesignrootr46
	"8095210805db4bbc355e4428d8fd6ec2cde3ab5fb97a9942988eb8f4dcd06016", // addtrustqualifiedca
	"83ce3c1229688a593d485f81973c0f9195431eda37cc5e36430e79c7a888638b", // verisignclass3g2ca
	"8c7209279ac04e275e16d07fd3b775e80154b5968046e31f52dd25766324e9a7", // addtrustclass1ca
	"8f6371d8cc5aa7ca149667a98b5496398951e4319f7afbcc6a660d673e438d0b", // sectigocodesignroote46
	"a1b2dbeb64e706c6169e3c4118b23baa09018a8427666d8bf0e28891ec051950", // luxtrustglobalrootca
	"a4b6b3996fc2f306b3fd8681bd63413d8c5009cc4fa329c2ccf0e2fa1b140305", // verisignclass3ca
	"cb6b05d9e8e57cd882b10b4db70de4bb1de42ba48a7bd0318b635bf6e7781a9d", // verisigntsaca
	"d8e0febc1db2e38d00940f37d27d41344d993e734b99d5656d9778d4d8143624", // certumca
}

// brought tells whether a certificate came with the runtime.
func brought(print cert.Print) bool { return slices.Contains(runtimeRoots, print.String()) }
