"""Names of people who do not exist, as many as a company of this size needs."""

from collections.abc import Iterator
from unicodedata import normalize

from portal.demo.chance import chance

FIRST = """
Abigail Adaeze Adrian Aisha Alasdair Alba Alejandra Alice Amara Amir Anders Aneesa Anika Antonio
Arjun Astrid Ayumi Beatriz Ben Bilal Bronwen Bruno Camille Carlos Cerys Chiara Chidi Claire
Connor Daichi Daniela David Deepa Diego Dilys Ebony Eirik Elena Elif Emeka Emma Ewan Farah Felix
Fiona Francesca Gareth Georgia Giulia Grace Gwen Hana Hannah Harriet Hassan Hiroshi Holly Hugo
Ibrahim Imogen Ines Ingrid Isaac Ivana Jack Jamal Jana Jasmine Jiho Joanna Jonas Josephine Kai
Karim Katarzyna Kavya Kenji Kofi Kwame Laila Lars Leila Leon Linh Lorenzo Lucy Maeve Magnus Malik
Maren Maria Marek Martha Mateo Mei Meera Megan Mikael Mina Mohammed Nadia Naomi Natalia Nia
Nikhil Nkechi Noah Noor Olga Oliver Omar Owen Pedro Petra Pia Priya Rafael Rahul Rhys Robin Rosa
Ruth Samir Sana Sanjay Sean Seren Sofia Soren Stella Sunita Tamsin Tariq Tess Theo Thi Tom Tomasz
Uma Valeria Viktor Wanjiru Wei Yara Yasmin Yuki Zainab Zara Zoe
""".split()
LAST = """
Abara Achterberg Adebayo Ahlquist Akhtar Alderton Almeida Amponsah Andrade Arkwright Asante Ashby
Awad Balogun Bannerman Barros Bartosz Beaumont Bellweather Berglund Bhandari Birchall Blackwood
Boateng Bracken Brannigan Bristow Cabrera Calloway Cardew Carvalho Chandran Chowdhury Clyne
Coldwell Corrigan Costa Crowther Dagnall Dahl Danso Darrow Delacourt Desai Devereux Dhillon
Dunmore Eastaugh Edevane Ekström Elliston Endo Eze Fairweather Farrant Fenwick Ferreira Fjeld
Flemming Fonseca Foulkes Fujita Gadsby Galbraith Garside Ghosh Gillespie Goncalves Grimshaw
Haddad Hallworth Hartigan Haruna Hawkesworth Hedlund Hepworth Holloway Horvat Hosseini Ibarra
Inoue Iqbal Jankowski Jellicoe Joshi Kamara Kaplan Kariuki Kerridge Kimura Kirkby Kowalczyk
Lachapelle Laidlaw Langstaff Larkin Leclerc Lindqvist Lockyer Lund Macready Malhotra Manning
Marchetti Marwood Mbeki Medina Mistry Molyneux Mortensen Moss Musa Nakagawa Nandakumar Nilsen
Njoroge Nowak Oakeshott Obi Ogden Okonkwo Olsson Ortega Osei Otten Pascoe Patel Pemberton Penrose
Petrov Pilkington Pinto Quayle Quist Rahman Ramsbottom Redfern Reyes Rooke Rosewarne Roux Rowntree
Saito Salgado Sandberg Sato Selwyn Serrano Sharma Silva Skarsgaard Sorensen Stannard Sturridge
Suzuki Tanaka Tavares Tewari Thackeray Thorne Tremayne Trevelyan Uddin Usman Vance Varga Vasquez
Venn Villiers Wadsworth Walczak Warsame Weatherby Whitlock Wickham Winterbourne Wrenshaw Yamada
Yardley Yilmaz Yoon Zamora Zelenka Zhou
""".split()


def names() -> Iterator[tuple[str, str]]:
    """First and last names, no two people with the same address."""
    dice, seen = chance("names"), set[str]()
    while True:
        first, last = dice.choice(FIRST), dice.choice(LAST)
        if local_part(first, last) not in seen:
            seen.add(local_part(first, last))
            yield first, last


def local_part(first: str, last: str) -> str:
    """What stands before the @: lower case, without accents."""
    plain = normalize("NFKD", f"{first}.{last}".lower())
    return plain.encode("ascii", "ignore").decode()
